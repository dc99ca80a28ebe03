/**
 * Stands in for the api at the very first deploy: the realtime Worker is bound to the api, the api to objects of the
 * realtime Worker, and a binding must find its Worker. It is replaced minutes later.
 */
export default {
  fetch(): Response {
    return new Response("not deployed yet", { status: 503 });
  },
};
