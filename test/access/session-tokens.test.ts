import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { createSessionTokens } from '../../src/access/session-tokens.ts';
import type { UserTokens } from '../../src/access/user-tokens.ts';
import type { BrokerEvent } from '../../src/events.ts';
import type { PortalUser } from '../../src/portal/portal-user.ts';
import { NoSessionError } from '../../src/session/no-session-error.ts';
import type { Session } from '../../src/session/sessions.ts';
import { StoreUnavailableError } from '../../src/store/record-store.ts';
import { superseded, TokenError } from '../../src/tenant/token-error.ts';
import { type Token, tokenUntil } from '../../src/token/token.ts';

const ada: PortalUser = { id: 'ada' };
const deadline = { at: 1_000, signal: new AbortController().signal };
const expired = new NoSessionError('session_expired', 'The session has ended. Sign in again.');

const session = (generation: string, user = ada): Session => ({
  id: 'session-of-ada',
  user,
  generation,
  idleRemainingMs: 60_000,
  remainingMs: 60_000,
});

/** A token that was obtained under this generation. */
const token = (generation: string, accessToken = `token of ${generation}`): Token =>
  tokenUntil(1_000_000, { accessToken, scope: 'user_default', generation }, 0, 0);

interface Script {
  /** What asking for a token brings, one after the other. */
  readonly tokens?: readonly (Token | Error)[];
  /** What looking at the session again brings, one after the other. */
  readonly looks?: readonly (Session | Error)[];
  readonly cached?: Token;
  readonly afterwards?: Error;
}

/** Session tokens whose surroundings follow a script, and write down each call in order. */
function follow({ tokens = [], looks = [], cached, afterwards }: Script) {
  const calls: string[] = [];
  const users: PortalUser[] = [];
  const deadlines: unknown[] = [];
  const events: BrokerEvent[] = [];
  const left = { tokens: [...tokens], looks: [...looks] };
  const next = <T>(of: (T | Error)[]): T => {
    const result = of.shift();
    if (result === undefined) throw new assert.AssertionError({ message: `too many: ${calls.join(', ')}` });
    if (result instanceof Error) throw result;
    return result;
  };
  const ask =
    (how: string): UserTokens['obtain'] =>
    async (user, generation, until) => {
      calls.push(`${how} ${user.id} ${generation}`);
      users.push(user);
      deadlines.push(until);
      return next(left.tokens);
    };
  const unexpected = async () => assert.fail('not to be called');

  const sessionTokens = createSessionTokens({
    tokens: {
      cached: (user, generation) => {
        calls.push(`cached ${user.id} ${generation}`);
        return cached;
      },
      obtain: ask('obtain'),
      rejected: ask('rejected'),
      qlikUser: () => assert.fail('not to be called'),
      isAnothers: unexpected,
      ending: () => assert.fail('not to be called'),
      ended: () => assert.fail('not to be called'),
      forget: unexpected,
      forgetAll: unexpected,
    },
    logout: {
      async afterwards(user) {
        calls.push(`afterwards ${user.id}`);
        if (afterwards) throw afterwards;
      },
    },
    emit: (event) => events.push(event),
  });
  const request = (first: Session) => ({
    session: first,
    deadline,
    async lookAgain() {
      calls.push('look');
      return next(left.looks);
    },
  });
  return {
    calls,
    users,
    deadlines,
    events,
    cached: sessionTokens.cached,
    obtain: (first = session('1')) => sessionTokens.obtain(request(first)),
    rejected: (first = session('1')) => sessionTokens.rejected(request(first)),
  };
}

describe('the token in the cache', () => {
  test('given one, is answered without a wait, and counted as a hit', () => {
    const held = token('1');
    const { cached, calls, events } = follow({ cached: held });

    assert.equal(cached(session('1')), held);
    assert.deepEqual(calls, ['cached ada 1']);
    assert.deepEqual(events, [{ type: 'token.served', cache: 'hit' }]);
  });

  test('given none, is undefined, and nothing was handed out', () => {
    const { cached, events } = follow({});

    assert.equal(cached(session('1')), undefined);
    assert.deepEqual(events, []);
  });
});

for (const how of ['obtain', 'rejected'] as const) {
  describe(`a token by ${how}`, () => {
    test('given a session that goes on, is handed out after one more look, and counted as a miss', async () => {
      const fresh = token('1');
      const bench = follow({ tokens: [fresh], looks: [session('1')] });

      assert.equal(await bench[how](), fresh);
      assert.deepEqual(bench.calls, [`${how} ada 1`, 'look']);
      assert.deepEqual(bench.deadlines, [deadline]);
      assert.deepEqual(bench.events, [{ type: 'token.served', cache: 'miss' }]);
    });

    for (const [what, error] of [
      ['has ended', expired],
      ['is no longer the caller’s', new NoSessionError('session_required', 'Nobody is signed in.')],
    ] as const) {
      test(`given a session that ${what} meanwhile, is for nobody, and is seen to once`, async () => {
        const bench = follow({ tokens: [token('1')], looks: [error] });

        await assert.rejects(bench[how](), error);
        assert.deepEqual(bench.calls, [`${how} ada 1`, 'look', 'afterwards ada']);
        assert.deepEqual(bench.events, []);
      });
    }

    // Guards against a token that was revoked between its mint and its answer.
    test('given a generation that is over when the token is there, is another, obtained under the new one', async () => {
      const bench = follow({
        tokens: [token('1'), token('2')],
        looks: [session('2'), session('2')],
      });

      assert.equal((await bench[how]()).accessToken, 'token of 2');
      assert.deepEqual(bench.calls, [`${how} ada 1`, 'look', 'obtain ada 2', 'look']);
      assert.equal(bench.events.length, 1);
    });

    test('given a token of a generation that the session does not show, however new, is another', async () => {
      const bench = follow({
        tokens: [token('9'), token('1')],
        looks: [session('1'), session('1')],
      });

      assert.equal((await bench[how]()).accessToken, 'token of 1');
      assert.deepEqual(bench.calls, [`${how} ada 1`, 'look', 'obtain ada 1', 'look']);
    });

    test('given generations that end one after the other, is asked for anew after each look', async () => {
      const bench = follow({
        tokens: ['1', '2', '3', '4'].map((generation) => token(generation)),
        looks: ['2', '3', '4', '4'].map((generation) => session(generation)),
      });

      assert.equal((await bench[how]()).accessToken, 'token of 4');
      assert.deepEqual(bench.calls, [
        ...[`${how} ada 1`, 'look', 'obtain ada 2', 'look'],
        ...['obtain ada 3', 'look', 'obtain ada 4', 'look'],
      ]);
      assert.deepEqual(bench.deadlines, [deadline, deadline, deadline, deadline]);
      assert.deepEqual(bench.events, [{ type: 'token.served', cache: 'miss' }]);
    });

    test('given a token that was superseded while it was fetched, the session is looked at and another asked for', async () => {
      const bench = follow({ tokens: [superseded(), token('2')], looks: [session('2'), session('2')] });

      assert.equal((await bench[how]()).accessToken, 'token of 2');
      assert.deepEqual(bench.calls, [`${how} ada 1`, 'look', 'obtain ada 2', 'look']);
    });

    test('given a token that was superseded since the session ended, is for nobody', async () => {
      const bench = follow({ tokens: [superseded()], looks: [expired] });

      await assert.rejects(bench[how](), expired);
      assert.deepEqual(bench.calls, [`${how} ada 1`, 'look', 'afterwards ada']);
    });

    test('given a session that ends during the second wait, is for nobody', async () => {
      const bench = follow({ tokens: [token('1'), token('2')], looks: [session('2'), expired] });

      await assert.rejects(bench[how](), expired);
      assert.deepEqual(bench.calls, [`${how} ada 1`, 'look', 'obtain ada 2', 'look', 'afterwards ada']);
      assert.deepEqual(bench.events, []);
    });

    test('given a session that says more of its user by now, is asked for as that says', async () => {
      const changed = { ...ada, groups: ['Sales'] };
      const bench = follow({
        tokens: [token('1'), token('2')],
        looks: [session('2', changed), session('2', changed)],
      });

      await bench[how]();
      assert.deepEqual(bench.users, [ada, changed]);
    });

    test('given a store that is away at the second look, nothing is handed out, and nobody is signed out', async () => {
      const away = new StoreUnavailableError();
      const bench = follow({ tokens: [token('1')], looks: [away] });

      await assert.rejects(bench[how](), away);
      assert.deepEqual(bench.calls, [`${how} ada 1`, 'look']);
      assert.deepEqual(bench.events, []);
    });

    test('given a store that is away when the late token is seen to, the answer says so', async () => {
      const away = new StoreUnavailableError();
      const bench = follow({ tokens: [token('1')], looks: [expired], afterwards: away });

      await assert.rejects(bench[how](), away);
      assert.deepEqual(bench.calls, [`${how} ada 1`, 'look', 'afterwards ada']);
    });

    for (const [what, error] of [
      ['the tenant’s', new TokenError('tenant_unavailable', 'Qlik Cloud is slow to answer.')],
      ['the user’s', new TokenError('user_not_mapped', 'This user is not known in Qlik Cloud.')],
      ['the store’s', new StoreUnavailableError()],
      ['nobody’s', new TypeError('bug')],
    ] as const) {
      test(`given trouble that is ${what}, it is the answer, and nobody is asked again`, async () => {
        const bench = follow({ tokens: [error] });

        await assert.rejects(bench[how](), error);
        assert.deepEqual(bench.calls, [`${how} ada 1`]);
        assert.deepEqual(bench.events, []);
      });
    }
  });
}
