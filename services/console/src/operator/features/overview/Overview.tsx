/** How the platform stands. */
import { Skeleton } from '@mantine/core';
import { Link } from '@tanstack/react-router';
import { formatCount } from '~/format/numbers';
import { formatWait } from '~/format/time';
import { FailurePart } from '~/ui/Failure';
import { Figure, Figures } from '~/ui/Figure';
import { Page } from '~/ui/Page';
import { Section } from '~/ui/Section';
import { $api } from '../../api/client';
import type { Standing } from '../../api/model';
import { asState, stateWord } from '../tenants/state';
import { concerns } from './concerns';
import classes from './Overview.module.css';

/** Often enough to watch a migration by. */
const REFRESH_MS = 15_000;

export function Overview() {
  const overview = $api.useQuery('get', '/api/v1/overview', {}, { refetchInterval: REFRESH_MS });
  return (
    <Page eyebrow="Platform" title="Overview">
      {overview.isError && !overview.data ? (
        <div className="sheet">
          <FailurePart error={overview.error} retry={overview.refetch} />
        </div>
      ) : overview.data ? (
        <Board standing={overview.data} />
      ) : (
        <Skeleton height={96} radius="sm" role="status" aria-label="Loading the overview" />
      )}
    </Page>
  );
}

function Board({ standing }: { standing: Standing }) {
  const tenants = standing.states
    .filter(({ state }) => state !== 'deleted')
    .reduce((sum, { tenants }) => sum + tenants, 0);
  const behind = standing.versions
    .filter(({ version }) => version < standing.current_version)
    .reduce((sum, { tenants }) => sum + tenants, 0);
  return (
    <>
      <Attention standing={standing} />
      <Figures>
        <Figure name="Organisations" value={formatCount(tenants)} note="deleted ones left out" />
        <Figure
          name="Ready schemas"
          value={formatCount(standing.pool_ready)}
          note="wait for a sign-up"
        />
        <Figure
          name="Behind"
          value={formatCount(behind)}
          note={`below version ${standing.current_version}`}
        />
        <Figure
          name="Dead letters"
          value={formatCount(standing.dead_letters)}
          note={`oldest due work ${formatWait(standing.due_work_age_seconds)}`}
        />
      </Figures>
      <div className={classes.parts}>
        <Section title="By state" flush>
          <Breakdown
            label="Organisations by state"
            rows={standing.states.map(({ state, tenants }) => ({
              name: stateWord(state),
              tenants,
              search: { state: asState(state) },
            }))}
          />
        </Section>
        <Section title="By plan" flush>
          <Breakdown
            label="Organisations by plan"
            rows={standing.plans.map(({ plan, tenants }) => ({
              name: plan,
              tenants,
              search: { plan },
            }))}
          />
        </Section>
        <Section title="By schema version" flush>
          <Breakdown
            label="Organisations by schema version"
            rows={standing.versions.map(({ version, tenants }) => ({
              name: version === standing.current_version ? `${version}, current` : `${version}`,
              tenants,
              search: { sort: 'version' as const },
            }))}
          />
        </Section>
      </div>
    </>
  );
}

/** What somebody should look at, or a word that nothing is. */
function Attention({ standing }: { standing: Standing }) {
  const found = concerns(standing);
  return (
    <div className={classes.attention} role="status">
      {found.length === 0 ? (
        <p className={classes.calm}>Nothing needs attention.</p>
      ) : (
        <ul className={classes.concerns}>
          {found.map((each) => (
            <li key={each}>{each}</li>
          ))}
        </ul>
      )}
    </div>
  );
}

interface BreakdownRow {
  name: string;
  tenants: number;
  search: { state?: ReturnType<typeof asState>; plan?: string; sort?: 'version' };
}

function Breakdown({ label, rows }: { label: string; rows: BreakdownRow[] }) {
  if (rows.length === 0) return <p className={classes.none}>No organisation yet.</p>;
  const all = rows.reduce((sum, row) => sum + row.tenants, 0);
  return (
    <ul className={classes.breakdown} aria-label={label}>
      {rows.map(({ name, tenants, search }) => (
        <li key={name}>
          <Link to="/tenants" search={search} className={classes.row}>
            <span>{name}</span>
            <span className="num">
              {formatCount(tenants)}, {Math.round((100 * tenants) / all)}%
            </span>
          </Link>
        </li>
      ))}
    </ul>
  );
}
