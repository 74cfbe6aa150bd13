/** What somebody proves themselves by: their password, their passkeys, their codes, their address, who they are elsewhere. */
import { Skeleton, Stack } from '@mantine/core';
import { $api } from '~/api/client';
import { FailurePart } from '~/ui/Failure';
import { Page } from '~/ui/Page';
import { CodesSection } from './CodesSection';
import { DiscordSection } from './DiscordSection';
import { EmailSection } from './EmailSection';
import { PasskeysSection } from './PasskeysSection';
import { PasswordSection } from './PasswordSection';

export function Security() {
  const security = $api.useQuery('get', '/api/v1/me/security');
  return (
    <Page eyebrow="Your account" title="Security">
      {security.isError && !security.data ? (
        <FailurePart error={security.error} retry={security.refetch} />
      ) : !security.data ? (
        <Stack aria-busy="true">
          <Skeleton height={120} />
          <Skeleton height={120} />
        </Stack>
      ) : (
        <>
          <PasswordSection
            hasPassword={security.data.has_password}
            changedAt={security.data.password_changed_at}
          />
          <PasskeysSection />
          <CodesSection
            since={security.data.codes_since}
            left={security.data.recovery_codes_left}
          />
          <DiscordSection />
          <EmailSection />
        </>
      )}
    </Page>
  );
}
