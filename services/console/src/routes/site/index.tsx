import { createFileRoute } from '@tanstack/react-router';
import { Landing } from '~/features/registration/Landing';

export const Route = createFileRoute('/site/')({ component: Landing });
