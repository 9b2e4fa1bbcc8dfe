// Loaded before Azurite. Which accounts there are and who may use them is decided in front of it, in blobs.py: here
// every account is known, and whoever has the key of the door may do everything. Nobody else may do anything.
"use strict";
const { timingSafeEqual } = require("crypto");
const { dirname } = require("path");

const key = Buffer.from(process.env.AZURITE_DOOR_KEY);
delete process.env.AZURITE_DOOR_KEY;
const opens = (given) => given !== undefined && given.length === key.length && timingSafeEqual(Buffer.from(given), key);

const folder = dirname(dirname(process.argv[1]));
const accounts = require(`${folder}/common/AccountDataStore`).default;
accounts.prototype.getAccount = (name) => ({ name, key1: key });

const authenticators = `${folder}/blob/authentication`;
require(`${authenticators}/BlobSharedKeyAuthenticator`).default.prototype.validate = async (request) =>
  opens(request.getHeader("x-sandbox-door"));
for (const other of ["PublicAccess", "AccountSAS", "BlobSAS"]) {
  require(`${authenticators}/${other}Authenticator`).default.prototype.validate = async () => undefined;
}
