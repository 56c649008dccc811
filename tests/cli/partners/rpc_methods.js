// What the clients of rpc_partners.bats ask, and what its servers answer; rpc_pylsp.py has the same.
const fs = require('fs');

const questions = [
  ['by position', 'add', [1, 2]],
  ['by name', 'add', { a: 1, b: 2 }],
  ['text', 'echo', { text: 'grüße 😀\n' }],
  ['nothing', 'note', ['asked']],
  ['unknown', 'none', []],
  ['failure', 'fail', []],
];

// Prints the answers. `request` takes a method and its params, and rejects with the error object.
exports.ask = async (request) => {
  for (const [what, method, params] of questions) {
    const answer = await request(method, params).then(
      (result) => JSON.stringify(result),
      (error) => `${error.code}${error.data === undefined ? '' : ' ' + JSON.stringify(error.data)}`,
    );
    console.log(`${what}: ${answer}`);
  }
};

exports.methods = {
  add: (params) => (Array.isArray(params) ? params[0] + params[1] : params.a + params.b),
  echo: (params) => params,
  note: (params) => {
    fs.writeFileSync(params[0], '');
    return null;
  },
  fail: () => {
    throw { code: -32001, message: 'it failed', data: { why: 'ü' } };
  },
};
