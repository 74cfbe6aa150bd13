import { createFileRoute } from '@tanstack/react-router';
import { SignIns } from '~/features/account/signins/SignIns';

export const Route = createFileRoute('/_app/account/sign-ins')({ component: SignIns });
