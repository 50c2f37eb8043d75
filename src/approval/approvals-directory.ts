/** Where approvals of a host lie: `ID.approval` and its signature beside it, as ssh-keygen makes them. */
export function approvalsDirectory(stateDir: string): string {
  return `${stateDir}/approvals`;
}
