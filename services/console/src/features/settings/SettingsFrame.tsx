/** The organisation's settings, as far as somebody may see them. */
import { useMe } from '~/features/identity/session';
import { SideFrame } from '~/ui/SideFrame';
import { SETTINGS_PAGES } from './pages';

export function SettingsFrame() {
  const { permissions } = useMe();
  const pages = SETTINGS_PAGES.filter(({ needs }) => permissions.includes(needs));
  return <SideFrame label="Settings" pages={pages} />;
}
