import { createFileRoute } from '@tanstack/react-router';
import { SignInPolicyPage } from '~/features/settings/sign-in/SignInPolicyPage';

export const Route = createFileRoute('/_app/settings/sign-in')({ component: SignInPolicyPage });
