import { createFileRoute } from '@tanstack/react-router';
import { Invitation } from '~/features/identity/Invitation';

export const Route = createFileRoute('/invitation')({ component: Invitation });
