/** A page has one `<main>`. The shell brings it; what may stand inside or outside the shell asks here. */
import { createContext, type ReactNode, useContext } from 'react';

const Inside = createContext(false);

/** Below this, a main landmark is around already. */
export function InsideMain({ children }: { children: ReactNode }) {
  return <Inside value={true}>{children}</Inside>;
}

export function MainLandmark({ children }: { children: ReactNode }) {
  return useContext(Inside) ? children : <main>{children}</main>;
}
