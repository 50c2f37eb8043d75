import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { join } from 'node:path';
import { text } from '../../bench/measure.mjs';

const mark = '<!-- torture: from here on written by npm run torture -->';

/** Writes the figures of a run behind the mark of a page, in the form in which the page is checked. */
export function writeFigures({ root, page, command, minutes, board }) {
  const [head, behind] = readFileSync(page, 'utf8').split(mark);
  if (behind === undefined) throw new Error(`${page} has no line ${mark}`);
  const day = new Date().toISOString().slice(0, 10);
  const tools = `Node ${process.version}, libvirt ${text('virsh', '--version')}, ${text('qemu-img', '--version').split('\n')[0]}`;
  const said = `\`${command}\` on ${day} (${cpus().length} processors; ${tools}) ran ${Math.round(minutes)} minutes:`;
  writeFileSync(page, `${head}${mark}\n\n${said}\n\n${board.text()}\n`);
  execFileSync(join(root, 'node_modules', '.bin', 'oxfmt'), [page], { cwd: root });
}
