/** Where an organisation answers, and what proves a domain of its own. */
import { Button, Group } from '@mantine/core';
import { Notice } from '~/ui/Notice';
import type { Host } from '../../../api/model';
import type { Asked } from './dialogs/TenantDialogs';
import classes from './TenantPage.module.css';

/** A host that can become the one where the console signs in. */
const usable = (host: Host): boolean =>
  !host.canonical && !host.redirects_until && (host.kind === 'own' || !!host.verified_at);

export function Hosts({ hosts, onAsk }: { hosts: Host[]; onAsk?: (asked: Asked) => void }) {
  if (hosts.length === 0) {
    return (
      <Notice title="No address" order={3}>
        What is deleted answers nowhere.
      </Notice>
    );
  }
  return (
    <ul className={classes.hosts} aria-label="Hosts">
      {hosts.map((host) => (
        <li key={host.host} className={classes.host}>
          <div className={classes.hostHead}>
            <div>
              <div className="num wrap">{host.host}</div>
              <div className={classes.small}>{host.standing}</div>
            </div>
            {onAsk && (
              <Group gap="xs">
                {usable(host) && (
                  <Button
                    size="compact-sm"
                    variant="default"
                    aria-label={`Sign in at ${host.host}`}
                    onClick={() => onAsk({ kind: 'use-domain', host: host.host })}
                  >
                    Sign in here
                  </Button>
                )}
                {host.kind === 'custom' && (
                  <Button
                    size="compact-sm"
                    variant="default"
                    aria-label={`Release ${host.host}`}
                    onClick={() => onAsk({ kind: 'remove-domain', host: host.host })}
                  >
                    Release
                  </Button>
                )}
              </Group>
            )}
          </div>
          {host.record && host.proof && !host.verified_at && (
            <div className={`num ${classes.record}`}>
              {host.record}. TXT &quot;{host.proof}&quot;
            </div>
          )}
        </li>
      ))}
    </ul>
  );
}
