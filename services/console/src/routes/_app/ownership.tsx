import { createFileRoute } from '@tanstack/react-router';
import { TakeOwnership } from '~/features/settings/members/TakeOwnership';

export const Route = createFileRoute('/_app/ownership')({ component: TakeOwnership });
