/** What this tab keeps when the page is reloaded; `otherwise` if there is nothing, or it is of another version. */
export function kept<T>(name: string, otherwise: T): T {
  try {
    const found = sessionStorage.getItem(name);
    return found === null ? otherwise : (JSON.parse(found) as T);
  } catch {
    return otherwise;
  }
}

/** Keeps a value until the tab is closed. One that is larger than browsers store is lost when the page is reloaded. */
export function keeping(name: string, value: unknown) {
  try {
    sessionStorage.setItem(name, JSON.stringify(value));
  } catch {
    sessionStorage.removeItem(name);
  }
}
