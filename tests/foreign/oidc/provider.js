// A certified OpenID provider of other people's making, with one client and one person.
// node provider.js <port> <redirect_uri>; prints "ready" when it listens.
import Provider from "oidc-provider";

const [port, redirectUri] = process.argv.slice(2);
const issuer = `http://127.0.0.1:${port}`;

const provider = new Provider(issuer, {
  clients: [
    {
      client_id: "suuupra",
      client_secret: "a secret of the foreign provider",
      redirect_uris: [redirectUri],
      grant_types: ["authorization_code"],
      response_types: ["code"],
    },
  ],
  claims: { openid: ["sub"], email: ["email", "email_verified"], profile: ["name", "picture"] },
  cookies: { keys: ["a key for the cookies of a test"] },
  pkce: { required: () => true },
  findAccount: (_context, id) => ({
    accountId: id,
    claims: () => ({ sub: id, email: `${id}@example.org`, email_verified: true, name: "Foreign Meera" }),
  }),
});

provider.listen(Number(port), "127.0.0.1", () => console.log("ready"));
