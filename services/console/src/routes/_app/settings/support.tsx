import { createFileRoute } from '@tanstack/react-router';
import { SupportAccess } from '~/features/settings/support/SupportAccess';

export const Route = createFileRoute('/_app/settings/support')({ component: SupportAccess });
