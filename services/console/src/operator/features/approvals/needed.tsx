/** What takes a second operator here. */
import { Text } from '@mantine/core';
import type { Verb } from '../../api/model';
import { useSession } from '../identity/session';

/** What can be asked of one: a move through an organisation's life, or the recovery of its owner. */
export type Deed = Verb | 'recover';

/** Whether the API will ask another operator before it does `verb`. */
export function needsApproval(mode: 'off' | 'destructive', verb: Deed, several: boolean): boolean {
  if (mode === 'off') return false;
  return (
    verb === 'delete' ||
    verb === 'recover' ||
    (several && (verb === 'suspend' || verb === 'freeze'))
  );
}

export const useNeedsApproval = (verb: Deed, several: boolean): boolean =>
  needsApproval(useSession().approval, verb, several);

export function ApprovalNote({ verb, several = false }: { verb: Deed; several?: boolean }) {
  if (!useNeedsApproval(verb, several)) return null;
  return (
    <Text size="sm">
      Another operator has to approve it first. It waits for them for at most 24 hours.
    </Text>
  );
}
