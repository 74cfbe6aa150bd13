/** Everything that can be done to an endpoint, as far as the role allows. */
import { Menu } from '@mantine/core';
import {
  IconCopy,
  IconPencil,
  IconPlayerPause,
  IconPlayerPlay,
  IconRefresh,
  IconTrash,
} from '@tabler/icons-react';
import type { Endpoint } from '~/api/model';
import { useCan } from '~/features/identity/session';
import { RowMenu } from '~/ui/RowMenu';
import { useEndpointActions } from './actions';
import { useEndpointDialogs } from './EndpointDialogs';

const ICON = { size: 16, stroke: 1.6, 'aria-hidden': true } as const;

export function EndpointMenu({ endpoint }: { endpoint: Endpoint }) {
  const actions = useEndpointActions(endpoint);
  const dialogs = useEndpointDialogs();
  const mayWrite = useCan('endpoints_write');
  const mayCheck = useCan('checks_run');
  if (!mayWrite && !mayCheck) return null;
  const paused = endpoint.state === 'paused';

  return (
    <RowMenu of={endpoint.name}>
      {mayCheck && (
        <Menu.Item leftSection={<IconRefresh {...ICON} />} onClick={actions.check}>
          Check now
        </Menu.Item>
      )}
      {mayWrite && (
        <>
          <Menu.Item
            leftSection={paused ? <IconPlayerPlay {...ICON} /> : <IconPlayerPause {...ICON} />}
            onClick={paused ? actions.resume : actions.pause}
          >
            {paused ? 'Resume' : 'Pause'}
          </Menu.Item>
          <Menu.Item
            leftSection={<IconPencil {...ICON} />}
            onClick={() => dialogs.open({ kind: 'edit', id: endpoint.id })}
          >
            Edit
          </Menu.Item>
          <Menu.Item
            leftSection={<IconCopy {...ICON} />}
            onClick={() => dialogs.open({ kind: 'add', like: endpoint })}
          >
            Duplicate
          </Menu.Item>
          <Menu.Item leftSection={<IconTrash {...ICON} />} onClick={() => actions.remove()}>
            Delete
          </Menu.Item>
        </>
      )}
    </RowMenu>
  );
}
