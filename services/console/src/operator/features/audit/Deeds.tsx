/** What was done, the newest first. */
import { Link } from '@tanstack/react-router';
import { Ago } from '~/ui/Ago';
import type { Deed } from '../../api/model';
import classes from './Deeds.module.css';
import { actionWords, actorWords, detailWords } from './words';

interface DeedsProps {
  label: string;
  deeds: Deed[];
  /** Without the name of the organisation that the page is about. */
  ofOne?: boolean;
}

export function Deeds({ label, deeds, ofOne }: DeedsProps) {
  return (
    <ol className={classes.deeds} aria-label={label}>
      {deeds.map((deed) => (
        <li key={deed.id} className={classes.deed}>
          <div className={classes.head}>
            <strong>{actionWords(deed.action)}</strong>
            {(!ofOne || ofHost(deed)) && <Subject deed={deed} linked={!ofOne} />}
            <Ago at={deed.at} />
          </div>
          {deed.reason && <div className="wrap">{deed.reason}</div>}
          <div className={classes.small}>
            by <span className="wrap">{actorWords(deed)}</span>
            <Detail detail={deed.detail} />
          </div>
        </li>
      ))}
    </ol>
  );
}

/** Its subject is a host, which the page's own name does not tell. */
const ofHost = ({ action }: Deed): boolean => action.startsWith('domain.');

function Subject({ deed: { subject, tenant_id }, linked }: { deed: Deed; linked: boolean }) {
  if (tenant_id && linked) {
    return (
      <Link to="/tenants/$id" params={{ id: tenant_id }} className="wrap">
        {subject ?? tenant_id}
      </Link>
    );
  }
  return subject ? <span className="wrap">{subject}</span> : null;
}

function Detail({ detail }: { detail: Deed['detail'] }) {
  const words = detailWords(detail);
  return words ? <span className="wrap"> · {words}</span> : null;
}
