import { createFileRoute } from '@tanstack/react-router';
import { Keys } from '~/features/keys/Keys';

export const Route = createFileRoute('/_app/settings/keys')({ component: Keys });
