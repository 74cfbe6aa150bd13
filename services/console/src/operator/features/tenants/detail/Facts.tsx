/** What is known of an organisation without looking into it. */
import type { ReactNode } from 'react';
import { Ago } from '~/ui/Ago';
import type { Tenant } from '../../../api/model';
import { Instant } from '../list/columns';
import { StateWord } from '../StateWord';
import { formatBytes } from '../size';
import classes from './TenantPage.module.css';

export function Facts({ tenant }: { tenant: Tenant }) {
  return (
    <dl className={classes.facts}>
      <Fact name="State">
        <StateWord state={tenant.state} />
      </Fact>
      <Fact name="Slug">{tenant.slug ?? '–'}</Fact>
      <Fact name="Plan">{tenant.plan}</Fact>
      <Fact name="Schema version">
        <span className="num">{tenant.schema_version}</span>
      </Fact>
      <Fact name="Size">
        <span className="num">{formatBytes(tenant.size_bytes)}</span>
        {tenant.sized_at && (
          <>
            , measured <Ago at={tenant.sized_at} />
          </>
        )}
      </Fact>
      <Fact name="Created">
        <Instant at={tenant.created_at} />
      </Fact>
      <Fact name="Verified">
        {tenant.verified_at ? <Ago at={tenant.verified_at} /> : 'not yet'}
      </Fact>
      <Fact name="Last activity">
        <Instant at={tenant.last_active_at} />
      </Fact>
      <Fact name="Id">
        <span className="num">{tenant.id}</span>
      </Fact>
    </dl>
  );
}

function Fact({ name, children }: { name: string; children: ReactNode }) {
  return (
    <>
      <dt>{name}</dt>
      <dd>{children}</dd>
    </>
  );
}
