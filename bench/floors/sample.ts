/** What the floors answer: as large as the real answer, but known beforehand. */
export const sample = {
  id: '019aab2e-7c3e-7000-8a51-0e7d3c1f9a42',
  email: 'ada@example.com',
  name: 'Ada Lovelace',
  avatarUrl: null,
  emailVerified: true,
  role: 'user',
  twoFactorEnabled: false,
  createdAt: '2026-11-22T10:00:00.000Z',
  updatedAt: '2026-11-22T10:00:00.000Z',
}
