import { createFileRoute } from '@tanstack/react-router';
import { OwnAccount } from '../../features/accounts/OwnAccount';

export const Route = createFileRoute('/_desk/account')({ component: OwnAccount });
