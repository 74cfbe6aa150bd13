import { createFileRoute } from '@tanstack/react-router';
import { Sessions } from '~/features/account/sessions/Sessions';

export const Route = createFileRoute('/_app/account/sessions')({ component: Sessions });
