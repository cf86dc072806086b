import { Page } from '../parts/page'

const Screen = () => <Page title="mails">Soon</Page>
export default Screen
