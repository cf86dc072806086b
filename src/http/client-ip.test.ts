import { describe, expect, test } from 'bun:test'
import { bucketOf, clientIp } from './client-ip'

const from = (headers: Record<string, string> = {}) => new Request('http://localhost/', { headers })
const via = (forwarded: string) => from({ 'x-forwarded-for': forwarded })

describe('without trusted proxies', () => {
  const ip = clientIp([])

  // bar 38
  test('nothing that a client sends moves its address', () => {
    expect(ip(via('1.2.3.4'), '198.51.100.7')).toBe('198.51.100.7')
    expect(
      ip(from({ 'fly-client-ip': '1.2.3.4', 'x-real-ip': '1.2.3.4', forwarded: 'for=1.2.3.4' }), '198.51.100.7'),
    ).toBe('198.51.100.7')
  })

  test('an IPv4 address mapped into IPv6 is an IPv4 address', () => {
    expect(ip(from(), '::ffff:127.0.0.1')).toBe('127.0.0.1')
  })

  // bar 38
  test('no address at all is one shared caller', () => {
    expect(ip(via('1.2.3.4'), undefined)).toBe('unknown')
    expect(ip(from(), '')).toBe('unknown')
  })
})

describe('behind trusted proxies', () => {
  const ip = clientIp(['10.0.0.0/8', '2001:db8::/32'])

  // bar 38
  test('an untrusted peer is not believed', () => {
    expect(ip(via('1.2.3.4'), '198.51.100.7')).toBe('198.51.100.7')
  })

  // bar 38
  test('the walk goes from the right and stops at the first stranger', () => {
    expect(ip(via('6.6.6.6, 203.0.113.9'), '10.0.0.1')).toBe('203.0.113.9')
    expect(ip(via('6.6.6.6, 203.0.113.9, 10.9.9.9'), '10.0.0.1')).toBe('203.0.113.9')
    expect(ip(via('6.6.6.6,203.0.113.9,2001:db8::1'), '::ffff:10.0.0.1')).toBe('203.0.113.9')
  })

  test('several header lines are one list', () => {
    const request = from()
    request.headers.append('x-forwarded-for', '6.6.6.6')
    request.headers.append('x-forwarded-for', '203.0.113.9')
    expect(ip(request, '10.0.0.1')).toBe('203.0.113.9')
  })

  test('a chain of proxies alone ends at its far end', () => {
    expect(ip(via('10.1.1.1, 10.2.2.2'), '10.0.0.1')).toBe('10.1.1.1')
    expect(ip(from(), '10.0.0.1')).toBe('10.0.0.1')
  })

  // bar 38
  test.each([
    '',
    'unknown',
    '1.2.3',
    '01.2.3.4',
    '0x7f000001',
    '2130706433',
    '1.2.3.4.5',
    'fe80::1%eth0',
    '::1::2',
    '<script>',
    ',',
  ])('a malformed entry %p counts for nothing', (entry) => {
    expect(ip(via(`6.6.6.6, ${entry}`), '10.0.0.1')).toBe('10.0.0.1')
  })

  test('a list longer than any real one counts for nothing', () => {
    expect(ip(via(`${'6.6.6.6, '.repeat(300)}203.0.113.9`), '10.0.0.1')).toBe('10.0.0.1')
  })

  test('ports and brackets of careful proxies are taken off', () => {
    expect(ip(via('203.0.113.9:4711'), '10.0.0.1')).toBe('203.0.113.9')
    expect(ip(via('[2001:DB9:0::1]:4711'), '10.0.0.1')).toBe('2001:db9::1')
    expect(ip(via('::ffff:203.0.113.9'), '10.0.0.1')).toBe('203.0.113.9')
  })

  test('Fly-Client-IP means nothing unless Fly is trusted', () => {
    expect(ip(from({ 'fly-client-ip': '1.2.3.4' }), '10.0.0.1')).toBe('10.0.0.1')
  })
})

describe('on Fly', () => {
  const ip = clientIp(['fly'])
  const fly = (client: string, forwarded = '') =>
    from({ 'fly-client-ip': client, ...(forwarded && { 'x-forwarded-for': forwarded }) })

  test('the address is the one that Fly saw, whatever the client forwards', () => {
    expect(ip(fly('203.0.113.9'), '172.19.0.1')).toBe('203.0.113.9')
    expect(ip(fly('2001:DB8::0:1', '6.6.6.6'), '172.19.0.1')).toBe('2001:db8::1')
    expect(ip(via('6.6.6.6'), '172.19.0.1')).toBe('172.19.0.1')
  })

  test('a public peer is not Fly', () => {
    expect(ip(fly('203.0.113.9'), '198.51.100.7')).toBe('198.51.100.7')
  })

  test('a malformed header counts for nothing', () => {
    expect(ip(fly('nonsense'), '172.19.0.1')).toBe('172.19.0.1')
  })

  test('a trusted CDN in front of Fly is walked through', () => {
    const behindCdn = clientIp(['fly', '173.245.48.0/20'])
    expect(behindCdn(fly('173.245.48.5', '6.6.6.6, 203.0.113.9, 173.245.48.5, 66.241.125.1'), '172.19.0.1')).toBe(
      '203.0.113.9',
    )
    expect(behindCdn(fly('198.51.100.7', '6.6.6.6, 198.51.100.7'), '172.19.0.1')).toBe('198.51.100.7')
  })
})

describe('buckets', () => {
  // bar 39
  test('an IPv6 subscriber is one bucket, however they spell it', () => {
    const bucket = bucketOf('2001:db8:1:2::1')
    expect(bucket).toBe('2001:db8:1:2::/64')
    expect(bucketOf('2001:0DB8:0001:0002:ffff:ffff:ffff:ffff')).toBe(bucket)
    expect(bucketOf('2001:db8:1:3::1')).not.toBe(bucket)
  })

  // bar 39
  test('IPv4 is itself, mapped or not', () => {
    expect(bucketOf('203.0.113.9')).toBe('203.0.113.9')
    expect(bucketOf('::ffff:203.0.113.9')).toBe('203.0.113.9')
    expect(bucketOf('::ffff:cb00:7109')).toBe('203.0.113.9')
  })

  // bar 38
  test('callers without a readable address share one bucket', () => {
    expect(bucketOf('unknown')).toBe('unknown')
    expect(bucketOf('::zz')).toBe('unknown')
  })

  // bar 142
  test('many addresses do not grow the memory', () => {
    const before = process.memoryUsage().heapUsed
    for (let n = 0; n < 20_000; n++) bucketOf(`2001:db8:${(n >> 8).toString(16)}:${(n & 255).toString(16)}::1`)
    Bun.gc(true)
    expect(process.memoryUsage().heapUsed - before).toBeLessThan(8e6)
  })
})
