/** What is there from when it is first wanted, and stays. */

/** Whether something was ever so. To be called while a component begins. */
export function once(isSo: () => boolean): { readonly current: boolean } {
  let was = $state(false);
  $effect.pre(() => {
    if (isSo()) was = true;
  });
  return {
    get current() {
      return was;
    },
  };
}
