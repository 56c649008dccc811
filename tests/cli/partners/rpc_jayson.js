// jayson, one message a line: a client of the server at PORT, which asks one by one or in a batch; or a server at
// a port that it writes to FILE, or at the UNIX socket PATH.
//
// usage: rpc_jayson.js client PORT | batch PORT | server FILE | serve PATH
const fs = require('fs');
const jayson = require('jayson');
const { ask, methods } = require('./rpc_methods.js');

const [what, where] = process.argv.slice(2);

const client = () => jayson.Client.tcp({ host: '127.0.0.1', port: Number(where) });
const send = (...request) =>
  new Promise((resolve, reject) => {
    client().request(...request, (error, answer) => (error ? reject(error) : resolve(answer)));
  });

async function askOneByOne() {
  await ask(async (method, params) => {
    const answer = await send(method, params);
    if (answer.error) throw answer.error;
    return answer.result;
  });
  await send('note', ['notified'], null);
}

async function askInBatch() {
  const questions = [['add', [3, 4], 1], ['note', ['notified'], null], ['none', [], 2]];
  const answers = await send(questions.map((question) => client().request(...question)));
  answers.sort((a, b) => a.id - b.id);
  for (const { id, result, error } of answers) console.log(`${id}: ${result ?? error.code}`);
}

function beServer() {
  const handlers = Object.fromEntries(
    Object.entries(methods).map(([name, method]) => [
      name,
      (params, done) => {
        try {
          done(null, method(params));
        } catch (error) {
          done(error);
        }
      },
    ]),
  );
  const server = new jayson.Server(handlers).tcp();
  if (what === 'serve') server.listen(where);
  else server.listen(0, '127.0.0.1', () => fs.writeFileSync(where, `${server.address().port}\n`));
}

({ client: askOneByOne, batch: askInBatch, server: beServer, serve: beServer })[what]();
