/** For /bin/sh with `uri`, `uuid` and `ours` set: aborts our job, and only ours, for as long as libvirt needs to come back. */
export const abortOurs = `
while :; do
  said=$(virsh -q -c "$uri" backup-dumpxml "$uuid" 2>&1 </dev/null)
  case $said in
    *"$ours"*) virsh -q -c "$uri" domjobabort "$uuid" >/dev/null 2>&1 </dev/null ;;
    *'<domainbackup'*|*'no domain backup job present'*|*'failed to get domain'*|*'domain is not running'*) break ;;
  esac
  sleep 1
done
`;

/**
 * The guard of an open point, for /bin/sh. Arguments: uri, uuid, a private
 * directory, what `backup-dumpxml` shows of our job only, `yes` if the guest
 * is frozen. In the directory: `commands` for virsh, `thaw` with those that
 * thaw the guest; the guard writes `output` and removes all of it at its end.
 *
 * It runs the commands that freeze, begin and thaw as one virsh, says `begun`,
 * and waits. `thawed` and `done` come from Holdfast. The end of its input
 * without `done` means that Holdfast is gone: it aborts our job, and only
 * ours, for as long as libvirt needs to come back, and thaws the guest if
 * nobody said that it is thawed. It drops no checkpoint: the next run sees
 * that, and plans it.
 */
export const guardScript = `
trap '' PIPE HUP INT
uri=$1 uuid=$2 directory=$3 ours=$4 frozen=$5
virsh -q -t -c "$uri" <"$directory/commands" >"$directory/output" 2>&1
echo begun
while read -r word; do
  case $word in
    thawed) frozen=no ;;
    done) rm -rf -- "$directory"; exit 0 ;;
  esac
done${abortOurs}tries=0
while [ "$frozen" = yes ] && [ "$tries" -lt 60 ]; do
  tries=$((tries + 1))
  said=$(virsh -q -c "$uri" <"$directory/thaw" 2>&1)
  case $said in
    *'error: failed to get domain'*|*'not configured'*) break ;;
    *'error: '*) sleep 2 ;;
    *) break ;;
  esac
done
rm -rf -- "$directory"
`;
