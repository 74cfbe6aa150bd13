/** Organisations that were ticked, by id; they stay ticked across pages and filters. */
import { createContext, useContext, useMemo, useState } from 'react';
import type { Tenant } from '../../../api/model';

export interface Chosen {
  id: string;
  slug: string;
  state: string;
}

export interface Selection {
  chosen: Map<string, Chosen>;
  has: (id: string) => boolean;
  set: (tenants: Tenant[], ticked: boolean) => void;
  clear: () => void;
}

/** What was deleted for good has no name and no verb. */
export const selectable = (tenant: Tenant): boolean => tenant.state !== 'deleted';

export function useSelection(): Selection {
  const [chosen, setChosen] = useState<Map<string, Chosen>>(new Map());
  return useMemo(
    () => ({
      chosen,
      has: (id) => chosen.has(id),
      set: (tenants, ticked) =>
        setChosen((before) => {
          const after = new Map(before);
          for (const tenant of tenants.filter(selectable)) {
            const { id, slug, state } = tenant;
            if (ticked) after.set(id, { id, slug: slug ?? id, state });
            else after.delete(id);
          }
          return after;
        }),
      clear: () => setChosen(new Map()),
    }),
    [chosen],
  );
}

export const SelectionContext = createContext<Selection | null>(null);

export function useChosen(): Selection {
  const selection = useContext(SelectionContext);
  if (!selection) throw new Error('no SelectionContext above');
  return selection;
}
