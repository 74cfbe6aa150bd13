import { createFileRoute } from '@tanstack/react-router';
import { OperatorList } from '../../features/accounts/OperatorList';

export const Route = createFileRoute('/_desk/operators')({ component: OperatorList });
