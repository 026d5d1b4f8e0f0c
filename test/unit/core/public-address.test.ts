import { isIP } from 'node:net'
import { describe, expect, test } from 'vitest'
import { isPublic } from '../../../src/core/public-address.ts'
import { checkedProvider, namedProvider } from '../../../src/retrieval/named.ts'

describe('what is not on the public Internet', () => {
  test.each([
    '0.0.0.0',
    '10.1.2.3',
    '100.64.0.1',
    '127.0.0.1',
    '127.255.255.254',
    '169.254.169.254',
    '172.16.0.1',
    '172.31.255.255',
    '192.168.1.1',
    '198.18.0.1',
    '224.0.0.1',
    '255.255.255.255',
    '::',
    '::1',
    '::ffff:127.0.0.1',
    '::ffff:8.8.8.8',
    '64:ff9b::7f00:1',
    'fe80::1',
    'fc00::1',
    'fd12::1',
    'ff02::1',
    '2001::1',
    '2001:db8::1',
    '2002:7f00:1::',
    'localhost',
    '',
  ])('%s', (address) => expect(isPublic(address)).toBe(false))

  test.each(['8.8.8.8', '1.1.1.1', '172.32.0.1', '100.128.0.1', '2606:4700:4700::1111', '2a00:1450::1'])('but %s is', (address) =>
    expect(isPublic(address)).toBe(true),
  )
})

describe('how providers are named', () => {
  test.each([
    ['https://gateway.example', 'https://gateway.example/'],
    ['http://127.0.0.1:8080/base/', 'http://127.0.0.1:8080/base/'],
    ['/ip4/192.0.2.7/tcp/8080/http', 'http://192.0.2.7:8080/'],
    ['/dns4/gateway.example/tcp/443/https', 'https://gateway.example/'],
    ['/dns/gateway.example/tcp/443/tls/http', 'https://gateway.example/'],
    ['/ip6/2001:db8::1/tcp/80/http', 'http://[2001:db8::1]/'],
  ])('%s is a gateway', (text, url) => expect(namedProvider(text).url?.href).toBe(url))

  test.each(['/ip4/192.0.2.7/tcp/4001/p2p/12D3KooWPeer', '/dns4/peer.example/udp/4001/quic-v1/p2p/12D3KooWPeer'])('%s is a peer', (address) =>
    expect(namedProvider(address)).toEqual({ address, dial: address }),
  )

  test.each(['', 'gateway.example', 'ftp://gateway.example', 'file:///etc/passwd', '/dnsaddr/peer.example', '/unix/tmp/socket', '/p2p/12D3KooWPeer', 'f01234'])(
    '%j is none',
    (text) => expect(() => namedProvider(text)).toThrow(expect.objectContaining({ code: 'INVALID_ARGUMENT' })),
  )

  test('credentials in a URL are refused, and not repeated', () => {
    const naming = (): unknown => namedProvider('https://me:planted@gateway.example/')
    expect(naming).toThrow(expect.objectContaining({ code: 'INVALID_ARGUMENT', message: expect.not.stringContaining('planted') }))
  })

  test.each([
    'http://127.1:5001',
    'http://2130706433/',
    'http://[::ffff:10.0.0.1]/',
    'http://localhost:5001',
    '/ip4/10.0.0.1/tcp/4001/p2p/x',
    '/dns4/localhost/tcp/80/p2p/x',
  ])('%s is denied in all its spellings', async (text) =>
    expect(checkedProvider(namedProvider(text), isPublic)).rejects.toMatchObject({ code: 'DENIED', hint: expect.stringContaining('lassie.private_addresses') }),
  )

  test('a peer is dialled by the address that was looked at', async () => {
    const looked: string[] = []
    const allows = (address: string): boolean => looked.push(address) > 0
    const { address, dial } = await checkedProvider(namedProvider('/dns4/localhost/tcp/4001/p2p/12D3KooWPeer'), allows)
    expect(address).toBe('/dns4/localhost/tcp/4001/p2p/12D3KooWPeer')
    const first = looked.find((one) => isIP(one) === 4) ?? looked[0] ?? ''
    expect(dial).toBe(`/ip${isIP(first)}/${first}/tcp/4001/p2p/12D3KooWPeer`)
    await expect(checkedProvider(namedProvider('/dns4/nowhere.invalid/tcp/4001/p2p/x'), allows)).rejects.toMatchObject({ code: 'NO_PEERS' })
  })
})
