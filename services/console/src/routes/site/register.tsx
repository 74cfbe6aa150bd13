import { createFileRoute } from '@tanstack/react-router';
import { Register } from '~/features/registration/Register';

export const Route = createFileRoute('/site/register')({ component: Register });
