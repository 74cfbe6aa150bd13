/** Whether the organisation lets operators look inside, and the way in. */
import { Button, Text } from '@mantine/core';
import { formatInstant } from '~/format/time';
import { Section } from '~/ui/Section';
import type { TenantDetail } from '../../../api/model';
import { useCan } from '../../identity/session';

/** Why nobody can look; `null` where somebody can. */
function hindrance({ tenant: { state }, support_allowed: allowed }: TenantDetail): string | null {
  if (state !== 'active' && state !== 'suspended') {
    return `Nobody signs in to an organisation that is ${state.replaceAll('_', ' ')}.`;
  }
  if (allowed) return null;
  return 'The organisation does not allow it. Its owner or an administrator can, under Settings, Support access.';
}

export function SupportAccess({ detail, onLook }: { detail: TenantDetail; onLook: () => void }) {
  const mayLook = useCan('support_access');
  const hindered = hindrance(detail);
  const until = detail.support_until;
  return (
    <Section
      title="Support access"
      actions={
        mayLook && (
          <Button
            variant="default"
            disabled={hindered !== null}
            aria-describedby="support-standing"
            onClick={onLook}
          >
            Look inside
          </Button>
        )
      }
    >
      <Text id="support-standing">
        {hindered ??
          (until ? `Allowed until ${formatInstant(until)}.` : 'Allowed until it is switched off.')}
      </Text>
    </Section>
  );
}
