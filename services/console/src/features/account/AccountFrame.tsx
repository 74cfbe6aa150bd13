/** Somebody's own account. */
import { SideFrame } from '~/ui/SideFrame';
import { ACCOUNT_PAGES } from './pages';

export function AccountFrame() {
  return <SideFrame label="Your account" pages={ACCOUNT_PAGES} />;
}
