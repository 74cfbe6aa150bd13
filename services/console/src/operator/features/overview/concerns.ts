/** What of the platform's standing somebody should look at. */
import { plural } from '~/format/numbers';
import { formatWait } from '~/format/time';
import type { Standing } from '../../api/model';

/** Work that has been due for longer than a worker needs to come back. */
const LATE_S = 300;

export function concerns(standing: Standing): string[] {
  const { current_version, minimum_version, versions } = standing;
  const sum = (wanted: (version: number) => boolean) =>
    versions
      .filter(({ version }) => wanted(version))
      .reduce((total, { tenants }) => total + tenants, 0);
  const blocked = sum((version) => version < minimum_version);
  const behind = sum((version) => version >= minimum_version && version < current_version);
  const found: string[] = [];
  if (blocked > 0) {
    found.push(
      `${plural(blocked, 'organisation')} not served: the schema is below version ${minimum_version}. Run: signalbox migrate resume`,
    );
  }
  if (behind > 0) {
    found.push(`${plural(behind, 'organisation')} to migrate to version ${current_version}.`);
  }
  if (standing.pool_ready === 0) {
    found.push('No schema is ready: the next sign-up waits. Is a worker running?');
  }
  if (standing.dead_letters > 0) {
    found.push(
      `${plural(standing.dead_letters, 'dead letter')}. See them with: signalbox jobs list --state dead`,
    );
  }
  if (standing.due_work_age_seconds > LATE_S) {
    found.push(
      `The oldest work has been due for ${formatWait(standing.due_work_age_seconds)}. Is a worker running?`,
    );
  }
  return found;
}
