import { expect, test } from 'vitest'
import { spelledAlike } from '../../../src/core/spelling.ts'

test.each(['https://s3.example.org', 'https://s3.example.org/', 'HTTPS://S3.Example.org:443', 'https://s3.example.org:443//'])('%s is one server', (url) => {
  expect(spelledAlike(url)).toBe('https://s3.example.org')
})

test.each(['http://s3.example.org', 'https://s3.example.org:8443', 'https://s3.example.org/other', 'https://s3.example.org/Other'])('%s is another', (url) => {
  expect(spelledAlike(url)).not.toBe('https://s3.example.org')
  expect(spelledAlike(url)).toBe(url)
})
