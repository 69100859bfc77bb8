// FullStory's own client on its way through everything it can do; prints what it saw as JSON.
// FS_API_HOST says where, and is honoured because NODE_ENV is "test".
'use strict';
const { init } = require('@fullstory/server-api-client');

const as = (role) => init({ apiKey: `na1.${role}.node/ACME`, integrationSource: 'sandbox-test' });
const { users, events } = as('admin');
const seen = {};

async function note(name, promise) {
  try {
    const { httpStatusCode, body } = await promise;
    seen[name] = { status: httpStatusCode, body };
  } catch (error) {
    const { httpStatusCode, fsErrorPayload, name: kind } = error;
    seen[name] = { status: httpStatusCode, body: fsErrorPayload, error: kind };
    if (httpStatusCode === 429) seen[name].retryAfter = error.getRetryAfter();
  }
  return seen[name].body;
}

function run(name, job) {
  return new Promise((end) => {
    job.on('done', (imported, failed) => {
      seen[name] = { ended: 'done', status: job.getStatus(), imported, failed };
      end();
    });
    job.on('abort', (errors) => {
      seen[name] = { ended: 'abort', errors: errors.map(String) };
      end();
    });
    job.execute();
  });
}

async function singles() {
  const ann = { uid: 'ann', display_name: 'Ann', properties: { plan: 'free' } };
  const { id } = await note('create', users.create({ body: ann, idempotencyKey: 'k1' }));
  await note('again', users.create({ body: ann, idempotencyKey: 'k1' }));
  await note('otherBody', users.create({ body: { uid: 'bob' }, idempotencyKey: 'k1' }));
  await note('update', users.update({ id, body: { properties: { plan: 'paid' } } }));
  await note('get', users.get({ id, includeSchema: true }));
  await note('list', users.list({ uid: 'ann' }));
  await note('event', events.create({ body: { name: 'Ticket', user: { uid: 'ann' } } }));
  await note('namelessEvent', events.create({ body: { name: '' } }));
  await note('deleteByUid', users.delete({ uid: 'ann' }));
  await note('deleted', users.get({ id }));
  const other = await note('createOther', users.create({ body: { uid: 'x/1 ä' } }));
  await note('deleteById', users.delete({ id: other.id }));
}

async function refusals() {
  await note('unknownKey', init({ apiKey: 'nobody' }).users.create({ body: { uid: 'a' } }));
  await note('standardMayWrite', as('standard').users.create({ body: { uid: 'a' } }));
  await note('standardMayNotRead', as('standard').users.list({}));
  await note('unknownId', users.get({ id: '1' }));
  await note('limited', as('admin.limited').users.create({ body: { uid: 'a' } }));
}

async function batches() {
  const options = { pollInterval: 50 };
  const many = Array.from({ length: 250 }, (_, n) => ({ uid: `u${n}` }));
  await run('users', users.batchCreate({ body: { requests: many } }, options));
  const bad = [{ uid: 'good' }, { uid: '', properties: { rewards_status: 'silver' } }];
  await run('badUsers', users.batchCreate({ body: { requests: bad } }, options));
  const two = [{ name: 'A', user: { uid: 'u1' } }, { name: 'B', user: { uid: 'u2' } }];
  const shared = { context: { location: { country: 'US' } } };
  await run('events', events.batchCreate({ body: { requests: two, shared } }, options));
  const clash = [{ name: 'A', user: { uid: 'u1' }, context: { browser: { url: 'https://a' } } }];
  await run('badEvents', events.batchCreate({ body: { requests: clash, shared } }, options));
}

singles().then(refusals).then(batches).then(() => console.log(JSON.stringify(seen)));
