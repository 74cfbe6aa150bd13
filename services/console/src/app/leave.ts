/** Leaves for another host: the router ends at this one. */
export const leaveFor = (url: string): void => location.assign(url);
