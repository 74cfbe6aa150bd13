import { createFileRoute } from '@tanstack/react-router';
import { SettingsFrame } from '~/features/settings/SettingsFrame';

export const Route = createFileRoute('/_app/settings')({ component: SettingsFrame });
