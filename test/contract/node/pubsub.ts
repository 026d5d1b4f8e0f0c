import { expect, test } from 'vitest'
import type { Message } from '../../../src/ipfs/network-types.ts'
import type { IpfsNode } from '../../../src/ipfs/types.ts'
import { unique } from './make.ts'
import { type PairOf, WITHIN } from './pair.ts'

/** What a node hears on a topic from now on. */
async function listening(node: IpfsNode, topic: string) {
  const heard: Message[] = []
  const failed: unknown[] = []
  const end = await node.pubsub.subscribe(
    topic,
    (message) => heard.push(message),
    (error) => failed.push(error),
  )
  return { heard: () => heard.map(({ data }) => Buffer.from(data).toString('latin1')), messages: heard, failed, end }
}

const isHeard = (node: IpfsNode, topic: string, by: string) => expect.poll(() => node.pubsub.peers(topic), WITHIN).toContain(by)

export function pubsub(pair: PairOf): void {
  test('what the other publishes is heard, with its sender and its count', async () => {
    const { here, there } = pair()
    const topic = unique('topic/é')
    const listener = await listening(here, topic)
    await isHeard(there, topic, (await here.identity()).peer)
    await there.pubsub.publish(topic, Buffer.from('text'))
    await expect.poll(listener.heard, WITHIN).toEqual(['text']) // a Kubo drops what it checks after a later message of the same sender
    await there.pubsub.publish(topic, Buffer.from([0, 255, 10]))
    await expect.poll(listener.heard, WITHIN).toEqual(['text', '\0\xff\n'])
    const { peer: from } = await there.identity()
    for (const message of listener.messages) expect(message).toMatchObject({ from, topic, sequence: expect.stringMatching(/^\d+$/) })
    await listener.end()
    expect(listener.failed).toEqual([])
  })

  test('what is published here is heard there, and by those who listen here', async () => {
    const { here, there } = pair()
    const topic = unique('topic')
    const [near, far] = [await listening(here, topic), await listening(there, topic)]
    await isHeard(here, topic, (await there.identity()).peer)
    await here.pubsub.publish(topic, Buffer.from('news'))
    for (const listener of [near, far]) await expect.poll(listener.heard, WITHIN).toEqual(['news'])
    await Promise.all([near.end(), far.end()])
  })

  test('who has stopped to listen is known to have, and a message for nobody is no error', async () => {
    const { here, there } = pair()
    const topic = unique('topic')
    const listener = await listening(here, topic)
    const { peer } = await here.identity()
    await isHeard(there, topic, peer)
    await listener.end()
    await expect.poll(() => there.pubsub.peers(topic), WITHIN).not.toContain(peer)
    await there.pubsub.publish(topic, Buffer.from('late'))
    expect(listener.heard()).toEqual([])
  })
}
