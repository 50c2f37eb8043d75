// Puts a plan on a pull request (GitHub) or a merge request (GitLab): one comment a host, which is changed in place.
// usage: node comment.mjs plan.md
//
// The first line of what `holdfast plan --format markdown` prints names the host; by it the comment is found again.
import { readFileSync } from 'node:fs';

const { env } = process;
const body = readFileSync(process.argv[2] ?? 'plan.md', 'utf8');
const [marker] = /^<!-- holdfast-plan host=\S+ /.exec(body) ?? [];
if (marker === undefined) throw new Error('this is no plan of holdfast: its first line names no host');

const forge =
  env.GITHUB_TOKEN === undefined
    ? {
        // "Notes" in GitLab's REST API.
        list: `${env.CI_API_V4_URL}/projects/${env.CI_PROJECT_ID}/merge_requests/${env.CI_MERGE_REQUEST_IID}/notes`,
        change: (list, id) => [`${list}/${id}`, 'PUT'],
        headers: { 'PRIVATE-TOKEN': env.HOLDFAST_TOKEN },
      }
    : {
        // "Issue comments" in GitHub's REST API.
        list: `${env.GITHUB_API_URL}/repos/${env.GITHUB_REPOSITORY}/issues/${env.PULL_REQUEST}/comments`,
        change: (list, id) => [list.replace(/\d+\/comments$/, `comments/${id}`), 'PATCH'],
        headers: { authorization: `Bearer ${env.GITHUB_TOKEN}`, accept: 'application/vnd.github+json' },
      };

async function call(url, method, content) {
  const response = await fetch(url, {
    method,
    headers: { ...forge.headers, 'content-type': 'application/json' },
    body: content === undefined ? undefined : JSON.stringify(content),
  });
  if (!response.ok) throw new Error(`${method} ${url}: ${response.status} ${await response.text()}`);
  return response.json();
}

const perPage = 100;
let found;
for (let page = 1; found === undefined; page += 1) {
  const comments = await call(`${forge.list}?per_page=${perPage}&page=${page}`, 'GET');
  found = comments.find((comment) => comment.body.startsWith(marker));
  if (comments.length < perPage) break;
}
const [url, method] = found === undefined ? [forge.list, 'POST'] : forge.change(forge.list, found.id);
await call(url, method, { body });
console.log(`${found === undefined ? 'added' : 'changed'} the comment`);
