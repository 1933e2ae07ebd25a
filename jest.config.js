const project = (displayName, testMatch) => ({
  displayName,
  testMatch,
  extensionsToTreatAsEsm: [".ts"],
  transform: { "\\.ts$": "<rootDir>/jest.strip.js" },
  modulePathIgnorePatterns: ["<rootDir>/.cache/"],
});

/** `unit` needs no server and no waiting; `e2e` starts whole processes. */
export default {
  // A bound for what hangs, and no measure of speed: machines are shared.
  testTimeout: 60_000,
  projects: [
    project("unit", [
      "<rootDir>/libs/**/*.test.ts",
      "<rootDir>/services/**/*.test.ts",
      "<rootDir>/test/*.test.ts",
      "<rootDir>/test/simulation/**/*.test.ts",
      "<rootDir>/test/checker/**/*.test.ts",
      "<rootDir>/test/promises/**/*.test.ts",
      "<rootDir>/test/fences/**/*.test.ts",
      "<rootDir>/test/chaos/**/*.test.ts",
      "<rootDir>/test/secrets/**/*.test.ts",
      "<rootDir>/test/audit/**/*.test.ts",
      "<rootDir>/test/sentinels/**/*.test.ts",
    ]),
    project("e2e", ["<rootDir>/test/e2e/**/*.test.ts", "<rootDir>/test/integration/**/*.test.ts"]),
  ],
};
