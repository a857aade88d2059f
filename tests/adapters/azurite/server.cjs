// Azure's blob storage (npm azurite) on a free port of 127.0.0.1, over TLS, for bearer tokens as Entra gives them.
// Environment: CERT_FILE, KEY_FILE. Prints one JSON line, {"ready": address}, when it answers; ends when the parent does.
const log = console.log.bind(console);
console.log = (...said) => {
  const address = /listens on (https:\S+)/.exec(said.join(' '));
  log(address ? JSON.stringify({ ready: address[1] }) : said.join(' '));
};
process.argv.push(
  '--blobPort', '0', '--inMemoryPersistence', '--extentMemoryLimit', '64', '--oauth', 'basic', '--skipApiVersionCheck', '--disableTelemetry', '--silent',
  '--cert', process.env.CERT_FILE, '--key', process.env.KEY_FILE,
);
process.stdin.on('end', () => process.exit(0)).resume();
require('azurite/dist/src/blob/main.js');
