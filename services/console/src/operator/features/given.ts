/** The members of a search that say something: the client's types tell absent from `undefined`. */
export const given = <Search extends object>(search: Search) =>
  Object.fromEntries(
    Object.entries(search).filter(([, value]) => value !== undefined && value !== ''),
  ) as { [Name in keyof Search]?: Exclude<Search[Name], undefined> };
