import { createFileRoute } from '@tanstack/react-router';
import { OwnData } from '~/features/account/data/OwnData';

export const Route = createFileRoute('/_app/account/data')({ component: OwnData });
