import { Page } from '../parts/page'

const Screen = () => <Page title="webhooks">Soon</Page>
export default Screen
