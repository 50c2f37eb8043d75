/**
 * README.txt of a store: how to restore without Holdfast. The commands in it are
 * run by test/live/store-readme.test.ts as they stand.
 */
export function readmeText(root: string): string {
  return `This directory is a Holdfast store: backups of virtual machines.
You do not need Holdfast to restore from it. qemu-img, sha256sum and virsh do.

WHAT IS HERE

  holdfast-store.json   marks this directory as a store, with its id
  domains/NAME/         one directory for each virtual machine
  domains/NAME/CHAIN/   a chain: one full backup and the increments on top of it
  .trash/               chains that were deleted and can still be put back
  .journal/             what Holdfast did here, one file a run, one JSON record a line
  .state/               locks, and what Holdfast remembers between runs

A machine's directory is called like the machine. Characters other than
letters, digits, dot, underscore and dash are written as %XX; a name that was
cut or changed ends in ~ and the first 8 digits of the machine's uuid.

A chain holds points, one directory each:

  0000-20261122T020000Z-full/    number, time in UTC, and what it is:
  0001-20261123T020000Z-inc/     "full" stands alone, "inc" needs all before it

  point.json        what this point is: machine, instant, each disk with the
                    size and SHA-256 of its image. A directory without a
                    readable point.json is not a point.
  vda.qcow2 ...     one image a disk. In an increment its backing file is the
                    image in the directory before, by a relative path.
  domain.xml        the machine's definition
  domain-live.xml   the definition of the running machine
  checkpoint.xml    libvirt's checkpoint, needed only to go on with increments
  nvram.fd          UEFI variables, where the machine has them
  tpm.tar           state of an emulated TPM, where the machine has one
  hold.json         in a chain or point: it must not be deleted, who says so
                    and why. Removing the file releases it.
  closed.json       in a chain: why no point is added to it any more (the
                    machine was restored or untracked). Its points are good.
  checked.json      in a point: when it was last found sound, and how (structure,
                    or hash: every byte)
  drilled.json      in a point: whether it booted when it was tried, and when;
                    drilled.png is its screen then. Beside the chains: the
                    newest of these, and the newest that was good.
  quarantine.json   in a point: a check found it bad, and what was wrong. Do not
                    restore from it, nor from what stands on it; a later check
                    that finds it right removes the file.

Directories called .incoming-... are unfinished. Never restore from them.

RESTORE A DISK

1. Go to the point. Take the newest that is old enough:

     cd ${shellWord(root)}/domains/NAME/CHAIN/POINT

2. Look at the chain. Every image from this one down to a full must be listed:

     qemu-img info --backing-chain vda.qcow2

3. Check the images. The first line prints the sums that point.json promises,
   the second prints those of the files. Do this for each directory of step 2.

     grep -E '"(file|sha256)"' point.json
     sha256sum *.qcow2

4. Write the disk. This reads the whole chain and changes nothing here:

     qemu-img convert -p -O qcow2 vda.qcow2 /var/lib/libvirt/images/NAME-vda.qcow2

   For a block device use -n -O raw and the device as the target.

5. Do the same for each disk, correct the paths of the disks in a copy of
   domain.xml, and define the machine:

     virsh define /tmp/domain.xml

   nvram.fd goes to the path in <nvram> of domain.xml, before the machine starts.

Never start a machine from an image in this directory, and never write to one:
all later increments of its chain would be lost. To look into one, make an
overlay outside of the store:

     qemu-img create -f qcow2 -F qcow2 -b ${shellWord(root)}/domains/NAME/CHAIN/POINT/vda.qcow2 /tmp/look.qcow2

PUT A DELETED CHAIN BACK

     mv -n ${shellWord(root)}/.trash/RUN/NAME/CHAIN ${shellWord(root)}/domains/NAME/CHAIN

Its trash.json says where it came from. Put a hold.json into the chain, or the
rule that deleted it will delete it again:

     {"formatVersion":1,"who":"me","at":"2026-11-22T02:00:00.000Z","reason":"needed"}
`;
}

/** A path as one word of a shell; the README is the only place where one is shown to a shell. */
function shellWord(path: string): string {
  return /^[A-Za-z0-9_./-]+$/.test(path) ? path : `'${path.replaceAll("'", String.raw`'\''`)}'`;
}
