import { createFileRoute } from '@tanstack/react-router';
import { FindWorkspace } from '~/features/registration/FindWorkspace';

export const Route = createFileRoute('/site/login')({ component: FindWorkspace });
