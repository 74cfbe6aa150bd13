import { createFileRoute } from '@tanstack/react-router';
import { DiscordReturn } from '~/features/identity/DiscordReturn';

export const Route = createFileRoute('/discord')({ component: DiscordReturn });
