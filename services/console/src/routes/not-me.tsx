import { createFileRoute } from '@tanstack/react-router';
import { NotMe } from '~/features/identity/NotMe';

export const Route = createFileRoute('/not-me')({ component: NotMe });
