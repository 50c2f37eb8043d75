const mask = '********';

// The same attribute may be quoted either way; libvirt writes single quotes.
const quoted = `"[^"]*"|'[^']*'`;

/**
 * A libvirt definition without its secrets: passwords of graphics, contents of
 * `<secret>`, `<password>` and `<cookie>`, data of QEMU's secret objects (I12).
 * Elements that only name a secret (`<secret type='ceph' uuid='…'/>`) stay.
 */
export function maskSecrets(xml: string): string {
  return xml
    .replaceAll(
      new RegExp(`(\\s(?:\\w+:)?passw(?:or)?d\\s*=\\s*)(?:${quoted})`, 'gi'),
      `$1'${mask}'`,
    )
    .replaceAll(
      new RegExp(
        `(<((?:\\w+:)?(?:secret|password|cookie))(?:\\s(?:${quoted}|[^>"'/])*)?>)[\\s\\S]*?(</\\2\\s*>)`,
        'gi',
      ),
      `$1${mask}$3`,
    )
    .replaceAll(
      new RegExp(`(\\svalue\\s*=\\s*)(?:"secret,[^"]*"|'secret,[^']*')`, 'g'),
      `$1'secret,${mask}'`,
    );
}
