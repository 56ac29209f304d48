import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { describe, test } from 'node:test';
import { setTimeout } from 'node:timers/promises';
import { startLoad } from '../support/load.ts';
import { startWatchedRedis } from '../support/redis-sentinel.ts';
import { redisMissing } from '../support/redis-server.ts';
import type { Replica } from '../support/replicas.ts';
import type { Visit } from '../support/round-robin.ts';
import { setStage } from '../support/stage.ts';
import { SECRET_A, SECRET_B } from '../support/test-service.ts';
import { type Row, tableOf } from '../support/timeline.ts';

const USERS = 80;
const REPLICAS = 3;
const PER_SECOND = 30;
const [KEY_A, KEY_B] = [randomBytes(32).toString('base64'), randomBytes(32).toString('base64')];

type Rows = [Row, Row, Row, Row, Row, Row, Row, Row, Row, Row, Row];

describe('given three processes on one Redis, and 80 users who never stop asking', {
  skip: redisMissing(),
}, () => {
  test('nobody loses a session, keeps one or gets another’s token, whatever dies', async (t) => {
    const redis = await startWatchedRedis(t, ['--appendonly', 'yes']);
    redis.tolerate(60_000);
    const people = Array.from({ length: USERS + REPLICAS }, (_, n) => `person-${n}`);
    const stage = await setStage(t, people, {
      ...redis.env,
      SESSION_SECRET: SECRET_A,
      STORE_KEY: KEY_A,
    });
    const { chapter, visits } = stage;
    const visit = (n: number) => visits[n] as Visit;
    const [everybody, newcomers] = [people.slice(0, USERS), people.slice(USERS)];

    chapter('80 users sign in, 20 of them twice');
    for (const user of [...everybody, ...people.slice(0, 20)]) await stage.login(user);

    chapter('they get their tokens');
    const load = startLoad(stage.roundRobin, visits, PER_SECOND);
    await setTimeout(2_000);

    chapter('10 sign out here, 10 everywhere');
    for (let n = 0; n < 20; n += 1) await stage.logOut(visit(n), n >= 10);

    chapter('10 users’ tokens are revoked');
    for (let n = 20; n < 30; n += 1) await stage.revoke(people[n]);
    await setTimeout(1_000);

    chapter('all tokens are revoked, a replica is killed while they are minted, and comes back after 2 s');
    await stage.revoke();
    await setTimeout(1_000);
    const [, victim] = stage.replicas as [Replica, Replica, Replica];
    await victim.kill();
    await setTimeout(2_000);
    await victim.start(stage.env());
    await stage.allIsWell();

    chapter('all tokens are revoked, Redis is frozen for 5 s while they are minted, and 2 sign out');
    await stage.revoke();
    await setTimeout(1_000);
    for (const { process } of [redis.primary, redis.replica]) process.kill('SIGSTOP');
    const underWay = [stage.logOut(visit(30)), stage.logOut(visit(31))];
    await stage.outage(() => setTimeout(5_000));
    for (const { process } of [redis.primary, redis.replica]) process.kill('SIGCONT');
    await Promise.all(underWay);
    await stage.allIsWell();

    chapter(
      'all tokens are revoked, the primary dies while they are minted, its replica takes over, and 2 sign out',
    );
    await redis.leads(redis.primary);
    redis.tolerate(2_000);
    await stage.revoke();
    await setTimeout(1_000);
    await redis.primary.kill();
    await Promise.all([stage.logOut(visit(32)), stage.logOut(visit(33))]);
    await stage.allIsWell();
    await redis.primary.restart();
    redis.primary.cli('REPLICAOF', '127.0.0.1', String(redis.replica.port));
    await redis.leads(redis.replica);

    chapter('Redis ends, and begins again with its data after 2 s');
    redis.tolerate(60_000);
    await redis.replica.kill();
    await stage.outage(() => setTimeout(2_000));
    await redis.replica.restart();
    await stage.allIsWell();

    chapter('a deploy brings a new secret and a new key, behind the old ones');
    await stage.deploy({ SESSION_SECRET: `${SECRET_A},${SECRET_B}`, STORE_KEY: `${KEY_A},${KEY_B}` });

    chapter('a deploy puts them in front; after each replica somebody signs in');
    const arriving = newcomers.values();
    await stage.deploy({ SESSION_SECRET: `${SECRET_B},${SECRET_A}`, STORE_KEY: `${KEY_B},${KEY_A}` }, () =>
      stage.login(arriving.next().value as string),
    );
    await setTimeout(1_000);

    chapter('all are asked for at each replica');
    await load.stop();
    for (const each of visits) await stage.judgeAt(each);

    t.diagnostic(`${stage.mints()} calls for tokens`);
    for (const line of tableOf(stage.timeline())) t.diagnostic(line);
    assert.deepEqual(stage.faults(), []);
    const [, tokens, signOuts, revocations, killed, frozen, failedOver, restarted, behind, inFront, end] =
      stage.timeline() as Rows;
    for (const { title, away } of [frozen, failedOver, restarted]) assert.ok(away > 0, title);
    for (const { title, passedOn } of [killed, behind, inFront]) assert.ok(passedOn > 0, title);
    for (const { title, ok, signedOut, requests } of [tokens, signOuts, revocations, behind, inFront])
      assert.ok(ok + signedOut > requests / 2, title);
    const ended = visits.filter(({ logout }) => logout).length;
    assert.deepEqual([end.ok, end.signedOut], [REPLICAS * (visits.length - ended), REPLICAS * ended]);
    // What dies or freezes may take some with it, but nobody's token is asked for by each replica.
    const wanted = USERS + 10 + 3 * USERS + newcomers.length;
    assert.ok(stage.mints() < 2 * wanted, `${stage.mints()} calls for ${wanted} tokens`);
  });
});
